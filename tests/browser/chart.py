"""The card viewer as a user works it: connecting to a service, opening a chart, picking and signing an order.

Not for what the cards say.
"""

from playwright.sync_api import Locator, Page


class Chart:
    """A page with the viewer of an EHR, at its `origin`."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        page.goto(origin)
        page.wait_for_selector("body[data-ready]")

    @property
    def cards(self) -> Locator:
        """The cards on show."""
        return self.page.locator(".card")

    def connect(self, services: str) -> str:
        """Type the address of a service in and look which services there are; what the page says then."""
        self.page.fill("#url", services)
        return self.click("#connect")

    def open(self, patient: str) -> str:
        """Open the chart of a patient, by the name of the example."""
        self.page.select_option("#patient", label=patient)
        return self.click("#open")

    def select(self, order: str) -> str:
        """Pick what is ordered."""
        self.page.select_option("#order", label=order)
        return self.click("#select")

    def sign(self) -> str:
        """Sign the order."""
        return self.click("#sign")

    def click(self, button: str, *, nth: int = 0) -> str:
        """Click and wait until the page has its answers."""
        self.page.evaluate("document.getElementById('state').textContent = 'asking'")
        self.page.locator(button).nth(nth).click()
        self.page.wait_for_function("!document.getElementById('state').textContent.startsWith('asking')")
        return self.page.inner_text("#state")

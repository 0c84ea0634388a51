"""The answer of a service: the assessment of a call as one quiet card with suggestions, or silence.

Not for what is judged (judge.py). Everything that a card suggests to create is checked once more before it leaves.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter.advice.assessment import Assessment
from adapter.advice.card import card_uuid, cards
from adapter.advice.indicator import indicator
from adapter.advice.overriding import override_reasons
from adapter.advice.repeats import NEVER_QUIET, Answered, Quiet, advice_key
from adapter.advice.suggestions import suggestions
from adapter.fhir.check import InvalidOutput, check_resource
from adapter.server.ehr import Reading
from adapter.server.explanations import Explanations
from adapter.server.hooks.judge import Judge, Judged
from adapter.server.hooks.stored import NOTHING_STORED, Stored, StoredFacts
from adapter.server.issued import Answers, Note, Shown, not_answered, not_noted
from adapter.server.log import log, log_shadow
from adapter.server.settings import Settings
from cds_hooks import PROFILES, Card, HookContext, HookRequest, Link, OrderDispatch, Service, Suggestion


@dataclass(frozen=True, slots=True)
class HookService:
    """One service. Pure but for the clock of the settings and the pages that its cards link to.

    `explanations` makes these, where there are any. `quiet` says whether, and `answers` after which feedback, a card
    that was answered is not shown again. `stored` finds what the store has of a patient, where that is joined; `note`
    is told of the cards that leave.
    """

    service: Service
    settings: Settings
    judge: Judge
    explanations: Explanations | None = None
    quiet: Quiet = NEVER_QUIET
    answers: Answers = not_answered
    stored: StoredFacts | None = None
    note: Note = not_noted

    async def __call__(self, request: HookRequest, reading: Reading) -> Sequence[Card]:
        """The cards of a call. Raises PreconditionFailed where it cannot be evaluated."""
        judged = await self._with_stored(request, reading)
        if judged is None:
            return ()
        links = (await self.explanations.link(judged.assessment),) if self.explanations else ()
        shown = self.cards(request, judged, links)
        advice = advice_key(judged.assessment) if self.quiet.rest else ""  # it takes as long as the card
        self.note(Shown(self.service.id, request, judged.assessment, shown, advice))
        return shown

    async def _with_stored(self, request: HookRequest, reading: Reading) -> Judged | None:
        """The call judged with what is stored of its patient; many messages are judged beside other calls."""
        if self.stored is None:
            return self.judged(request, reading)
        stored = await self.stored.of(request.context.patient_id, reading, self.settings.now())
        if stored.found is None:
            return self.judged(request, reading, stored)
        return await asyncio.to_thread(self.judged, request, reading, stored)

    def judged(self, request: HookRequest, reading: Reading, stored: Stored = NOTHING_STORED) -> Judged | None:
        """A call judged with this reading of its prefetch keys; None where there is nothing to say."""
        now, server = self.settings.now(), request.fhir_server or self.settings.fhir_base
        judged = self.judge(request.context, reading, now, server, stored)
        if not judged.speaks:
            return None
        assessment = judged.assessment
        log_shadow(assessment.advice)
        if self.quiet.rest and self._is_answered(request, assessment, now):
            log().info("card_at_rest", rule_set=f"{assessment.rules.id}|{assessment.rules.edition}")
            return None
        return judged

    def _is_answered(self, request: HookRequest, assessment: Assessment, now: datetime) -> bool:
        if indicator(assessment) == "critical":  # it is always shown, whatever the store can say
            return False
        user = _user(request.context)
        answers = (Answered(user, advice, when) for advice, when in self.answers(request, advice_key(assessment)))
        return self.quiet.holds(assessment, user, answers, now)

    def cards(self, request: HookRequest, judged: Judged, links: tuple[Link, ...] = ()) -> tuple[Card, ...]:
        """The card of a call that was judged; `links` go below it."""
        assessment, invocation = judged.assessment, f"{self.service.id}|{request.hook_instance}"
        return cards(
            assessment,
            invocation=invocation,
            base=self.settings.base,
            suggestions=self._suggestions(judged, invocation, f"Patient/{request.context.patient_id}"),
            override_reasons=() if assessment.closed else override_reasons(self.settings.base),
            links=links,
        )

    def _suggestions(self, judged: Judged, invocation: str, patient: str) -> tuple[Suggestion, ...]:
        """What the client is able to carry out, about the patient of the call and nobody else."""
        assessment = judged.assessment
        card = card_uuid(assessment, invocation)
        offered = suggestions(
            assessment, self.judge.tables, card, base=self.settings.base, results_whole=judged.results_whole
        )
        profile = PROFILES[self.settings.ehr_profile]
        taken = tuple(suggestion for suggestion in offered if profile.takes(suggestion))
        for suggestion in taken:
            _check_subject(suggestion, patient)
            if self.settings.check_output:
                _check_resources(suggestion, assessment)
        return taken


def _check_subject(suggestion: Suggestion, patient: str) -> None:
    for action in suggestion.actions:
        if (action.resource or {}).get("subject") != {"reference": patient}:
            raise InvalidOutput("a suggestion is about another patient than the call")


def _check_resources(suggestion: Suggestion, assessment: Assessment) -> None:
    """Check what a suggestion creates, once for all assessments that say the same: but for the time of a plan, it is
    the same."""
    known = (check_resource, suggestion.label)
    if known not in assessment.memo:
        for action in suggestion.actions:
            check_resource(action.resource or {})
        assessment.memo[known] = ()


def _user(context: HookContext) -> str:
    """Who sees the cards; order-dispatch does not say."""
    return "" if isinstance(context, OrderDispatch) else context.user_id

"""HealthChain's CDS Hooks service with a patient-view function that reads its prefetch and answers one card.

It runs in an environment of its own, since HealthChain is no dependency: `HEALTHCHAIN_PYTHON -m
benchmarks.hooks.healthchain_service PORT`, or the file itself.
"""

import sys

import uvicorn
from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models import Card, CDSRequest, CDSResponse

service = CDSHooksService()


@service.hook("patient-view", id="bench")
def patient_view(_request: CDSRequest) -> CDSResponse:
    """One card about the prefetch."""
    return CDSResponse(cards=[Card(summary="read", indicator="info", source={"label": "bench"}, detail="read")])


app = HealthChainAPI()
app.register_service(service, path="/cds")

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error")

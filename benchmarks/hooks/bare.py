"""The yardstick: a FastAPI endpoint that parses the body with orjson and answers without cards, nothing else.

`python -m benchmarks.hooks.bare PORT`.
"""

import sys

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/cds-services/{service}")
async def call(request: Request) -> Response:
    """Parse, and say nothing."""
    orjson.loads(await request.body())
    return Response(b'{"cards":[]}', media_type="application/json")


@app.get("/cds-services")
async def discovery() -> Response:
    """Say that the service is there."""
    return Response(b'{"services":[]}', media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error")

"""Cached reports from DynamoDB with boto3 and Powertools for AWS Lambda, in the form that their documentation shows.

The obvious alternative, and given every advantage: reports lie ready-made in one item each, clients and the table are
made during initialisation, keys are remembered. It does what every reader needs (key check, ETag, 304, gzip) and
nothing that tells how old a report is. BODY says how bodies are stored: `text`, JSON that Powertools compresses
(`compress=True`), or `gzip`, bytes that are passed on as they are.
"""

import hashlib
import os
import time

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, UnauthorizedError
from aws_lambda_powertools.logging import correlation_paths

TEXT = os.environ["BODY"] == "text"
REMEMBERED_SECONDS = 30

logger = Logger()
app = APIGatewayHttpResolver()
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
known_keys = {}


def authorize():
    key = app.current_event.headers.get("authorization", "").removeprefix("Bearer ")
    hashed = hashlib.sha256(key.encode()).hexdigest()
    if known_keys.get(hashed, 0) > time.monotonic():
        return
    if "Item" not in table.get_item(Key={"pk": "key", "sk": hashed}):
        raise UnauthorizedError("a valid API key is needed")
    known_keys[hashed] = time.monotonic() + REMEMBERED_SECONDS


@app.get("/reports/.+", compress=TEXT)
def report():
    authorize()
    key = app.current_event.path.removeprefix("/reports/")
    item = table.get_item(Key={"pk": "report", "sk": key}).get("Item")
    if item is None:
        raise NotFoundError("the report is not in the cache")
    headers = {"ETag": item["etag"], "Cache-Control": "private, max-age=60"}
    if app.current_event.headers.get("if-none-match") == item["etag"]:
        return Response(status_code=304, headers=headers)
    if TEXT:
        return Response(200, content_types.APPLICATION_JSON, item["body"], headers)
    headers["Content-Encoding"] = "gzip"
    return Response(200, "application/octet-stream", item["body"].value, headers)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
def lambda_handler(event, context):
    return app.resolve(event, context)

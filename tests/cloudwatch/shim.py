"""A CloudWatch to test against: moto, which speaks the older protocols, behind the CBOR that the SDK for Rust speaks.

Prints its address and serves until it is ended. Needs moto and cbor2.
"""

import os
import sys
from datetime import timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import cbor2
from botocore import xform_name
from botocore.exceptions import ClientError
from moto import mock_aws

OPERATIONS = "/service/GraniteServiceVersion20100801/operation/"


class Shim(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        sent = cbor2.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            call = getattr(cloudwatch, xform_name(self.path.removeprefix(OPERATIONS)))
            status, answer = 200, call(**sent)
            answer.pop("ResponseMetadata")
        except ClientError as error:
            status, answer = 400, {"__type": error.response["Error"]["Code"], "message": str(error)}
        body = cbor2.dumps(answer, datetime_as_timestamp=True, timezone=timezone.utc)
        self.send_response(status)
        self.send_header("smithy-protocol", "rpc-v2-cbor")
        self.send_header("content-type", "application/cbor")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
os.environ.pop("AWS_ENDPOINT_URL_CLOUDWATCH", None)
with mock_aws():
    cloudwatch = boto3.client("cloudwatch")
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Shim)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()

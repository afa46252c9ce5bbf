"""Expands the SAM template as CloudFormation will, and lints what comes of it.

While the transform stands in a template, no linter sees a reference to something that is not there. So the transform
is done here, by AWS's own translator, and then dropped. A copy with one broken reference must not pass: a linter that
finds nothing in it finds nothing anywhere.
"""

import json
import os
import subprocess
import sys
import tempfile

from cfnlint.decode import cfn_yaml
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
CODE = {"Bucket": "packages", "Key": "program.zip"}


class NoManagedPolicies(ManagedPolicyLoader):
    """The template names no managed policy of AWS by its short name."""

    def __init__(self):
        super().__init__(None)

    def load(self):
        return {}


def plain(node):
    """The parser's nodes as plain ones, which the translator copies and changes."""
    return json.loads(json.dumps(node))


def expand(template):
    """The template without its transform."""
    template = plain(template)
    # No program is built here; a packaged template names an object in its place.
    template["Globals"]["Function"]["CodeUri"] = CODE
    expanded = transform(template, {}, NoManagedPolicies())
    expanded.pop("Transform", None)
    return expanded


def findings(template):
    """What cfn-lint says of a template."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file)
        file.flush()
        lint = os.path.join(os.path.dirname(sys.executable), "cfn-lint")
        done = subprocess.run([lint, "--regions", "us-east-1", "--", file.name], capture_output=True, text=True)
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def main(path):
    template = cfn_yaml.load(path)
    expanded = expand(template)
    found = findings(expanded)
    if found:
        sys.exit(found)
    broken = plain(expanded)
    broken["Outputs"]["TableName"]["Value"] = {"Fn::GetAtt": ["NoSuchTable", "Arn"]}
    if "NoSuchTable" not in findings(broken):
        sys.exit("cfn-lint does not see a reference to nothing")
    print(f"{len(expanded['Resources'])} resources, no finding; a reference to nothing is found")


main(sys.argv[1])

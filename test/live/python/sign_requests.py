"""Signs requests with botocore. Reads a JSON list of {access, secret, region, host, headers, body},
body in base64; writes a JSON list of their headers as [name, value] pairs, without Host."""

import base64
import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signed(wanted):
    request = AWSRequest(
        method='POST', url=f'http://{wanted["host"]}/', headers=wanted['headers'],
        data=base64.b64decode(wanted['body']))
    key = Credentials(wanted['access'], wanted['secret'])
    SigV4Auth(key, 'dynamodb', wanted['region']).add_auth(request)
    return list(request.headers.items())


json.dump([signed(wanted) for wanted in json.load(sys.stdin)], sys.stdout)

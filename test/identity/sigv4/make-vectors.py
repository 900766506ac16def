"""Prints requests signed by botocore, of which `botocore-vectors.json` is the record.

python make-vectors.py > botocore-vectors.json
"""

import base64
import datetime
import json
import random

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 11, 29, 18, 30, 5, tzinfo=datetime.timezone.utc)
botocore.auth.get_current_datetime = lambda remove_tzinfo=True: (
    NOW.replace(tzinfo=None) if remove_tzinfo else NOW
)

rng = random.Random(16)
BODIES = [
    b'{}',
    b'',
    '{"TableName":"Übergröße","Key":{"id":{"S":"\U0001f511"}}}'.encode(),
    bytes(range(256)),
    b'x' * 9_000,
]
EXTRA = [
    {},
    {'X-Amz-Content-SHA256': None},
    {'X-Amz-User-Agent': 'a  client   of   many spaces'},
    {'X-Amz-Meta-Tabs': 'one\ttwo \t three'},
    {'Amz-Sdk-Invocation-Id': '0f1e', 'Amz-Sdk-Request': 'attempt=1; max=3'},
    {'X-Amz-Name': 'Zoë'},
    {'Accept-Encoding': 'gzip, deflate'},
]


def vector(body, extra, region, host):
    access, secret = '%032x' % rng.getrandbits(128), '%032x' % rng.getrandbits(128)
    operation = rng.choice(['GetItem', 'PutItem', 'ListTables'])
    headers = {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': 'DynamoDB_20120810.' + operation,
        'Host': host,
        **extra,
    }
    auth = botocore.auth.SigV4Auth(Credentials(access, secret), 'dynamodb', region)
    request = AWSRequest('POST', 'http://' + host + '/', headers=headers, data=body)
    if 'X-Amz-Content-SHA256' in headers:
        del request.headers['X-Amz-Content-SHA256']
        request.headers['X-Amz-Content-SHA256'] = auth.payload(request)
    auth.add_auth(request)
    return {
        'secret': secret,
        'headers': {name.lower(): value for name, value in request.headers.items()},
        'body': base64.b64encode(body).decode(),
    }


vectors = []
for i, extra in enumerate(EXTRA):
    for j, body in enumerate(BODIES):
        if len(body) > 1_000 and i > 0:
            continue
        region = ['us-east-1', 'RegionOne', 'eu-central-2'][(i + j) % 3]
        host = ['127.0.0.1:8480', 'dynamodb.example.org', '[::1]:8480'][(i * j) % 3]
        vectors.append(vector(body, extra, region, host))
print(json.dumps({'time': '20261129T183005Z', 'vectors': vectors}, indent=1, ensure_ascii=True))

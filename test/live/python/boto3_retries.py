"""Writes by botocore's retries against a service that refuses some of them for a while.
`boto3_retries.py MODE`; endpoint, region and keys are in the environment. Prints what was refused
as JSON: the counts by their error codes."""

import collections
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

LANES = 4
ITEMS = 60

client = boto3.client('dynamodb', config=Config(retries={'mode': sys.argv[1], 'max_attempts': 12}))
refused = collections.Counter()


def count(parsed_response, **_):
    if parsed_response and 'Error' in parsed_response:
        refused[parsed_response['Error']['Code']] += 1


client.meta.events.register('response-received.dynamodb', count)
client.create_table(
    TableName='shed', BillingMode='PAY_PER_REQUEST',
    AttributeDefinitions=[{'AttributeName': 'number', 'AttributeType': 'N'}],
    KeySchema=[{'AttributeName': 'number', 'KeyType': 'HASH'}])
client.get_waiter('table_exists').wait(TableName='shed')


def put(number):
    client.put_item(TableName='shed', Item={'number': {'N': str(number)}})


with ThreadPoolExecutor(LANES) as lanes:
    list(lanes.map(put, range(ITEMS)))
assert client.scan(TableName='shed', Select='COUNT', ConsistentRead=True)['Count'] == ITEMS
print(json.dumps(refused))

"""What a program does with boto3, by its client and by its resource, from a table's making to its
deletion. Endpoint, region and keys are in the environment; says 'done' at the end."""

import decimal
import time

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

ITEMS = 60
# By default a waiter polls every 20 seconds.
WAIT = {'Delay': 1, 'MaxAttempts': 120}

config = Config(retries={'max_attempts': 3, 'mode': 'standard'})
client = boto3.client('dynamodb', config=config)
resource = boto3.resource('dynamodb', config=config)


def refused(code, call, **parameters):
    """The message of an error that is expected."""
    try:
        call(**parameters)
    except ClientError as error:
        assert error.response['Error']['Code'] == code, error
        return error.response['Error']['Message']
    raise AssertionError(f'{code} was expected')


def make_table():
    table = resource.create_table(
        TableName='tracks',
        AttributeDefinitions=[
            {'AttributeName': 'artist', 'AttributeType': 'S'},
            {'AttributeName': 'number', 'AttributeType': 'N'},
            {'AttributeName': 'title', 'AttributeType': 'S'}],
        KeySchema=[
            {'AttributeName': 'artist', 'KeyType': 'HASH'},
            {'AttributeName': 'number', 'KeyType': 'RANGE'}],
        LocalSecondaryIndexes=[{
            'IndexName': 'by_title',
            'KeySchema': [
                {'AttributeName': 'artist', 'KeyType': 'HASH'},
                {'AttributeName': 'title', 'KeyType': 'RANGE'}],
            'Projection': {'ProjectionType': 'KEYS_ONLY'}}],
        BillingMode='PAY_PER_REQUEST',
        Tags=[{'Key': 'kind', 'Value': 'test'}])
    table.wait_until_exists(WaiterConfig=WAIT)
    arn = table.table_arn
    assert client.list_tags_of_resource(ResourceArn=arn)['Tags'] == [
        {'Key': 'kind', 'Value': 'test'}]
    assert client.list_tables()['TableNames'] == ['tracks']
    return table


def every_type(table):
    item = {
        'artist': 'types', 'number': decimal.Decimal('1.5'), 'text': '', 'bytes': b'\x00\xff',
        'yes': True, 'nothing': None, 'list': [1, ['two', {'three': decimal.Decimal('3.3')}]],
        'map': {'__proto__': {'constructor': 'x'}, 'é\x00': '😀'},
        'texts': {'b', 'a'}, 'numbers': {decimal.Decimal(2), decimal.Decimal('-1e-130')},
        'blobs': {b'1', b'2'}}
    table.put_item(Item=item)
    found = table.get_item(Key={'artist': 'types', 'number': decimal.Decimal('1.50')})['Item']
    assert found == item, found


def batches(table):
    with table.batch_writer() as batch:
        for number in range(ITEMS):
            batch.put_item(Item={
                'artist': 'many', 'number': number, 'title': f'{ITEMS - number:03}',
                'odd': number % 2 == 1, 'nested': {'list': [number]}})
    keys = [{'artist': 'many', 'number': number} for number in range(0, ITEMS + 10)]
    answer = resource.batch_get_item(RequestItems={'tracks': {
        'Keys': keys, 'ProjectionExpression': '#n', 'ExpressionAttributeNames': {'#n': 'number'}}})
    assert len(answer['Responses']['tracks']) == ITEMS
    assert answer['UnprocessedKeys'] == {}


def queries(table):
    of_many = Key('artist').eq('many')
    between = of_many & Key('number').between(10, 19)
    page = table.query(KeyConditionExpression=between, FilterExpression=Attr('odd').eq(True))
    assert (page['Count'], page['ScannedCount']) == (5, 10), page
    first = table.query(KeyConditionExpression=of_many, IndexName='by_title', Limit=1)['Items'][0]
    assert first['number'] == ITEMS - 1, first
    condition = Attr('nested.list[0]').gte(50) & ~Attr('odd').eq(False) | Attr('title').size().lt(1)
    found = table.scan(FilterExpression=condition, ProjectionExpression='nested')['Items']
    assert sorted(item['nested']['list'][0] for item in found) == [51, 53, 55, 57, 59], found
    paginator = client.get_paginator('query')
    pages = paginator.paginate(
        TableName='tracks', KeyConditionExpression='artist = :a',
        ExpressionAttributeValues={':a': {'S': 'many'}}, PaginationConfig={'PageSize': 7})
    assert sum(page['Count'] for page in pages) == ITEMS


def writes(table):
    key = {'artist': 'one', 'number': 1}
    updated = table.update_item(
        Key=key, UpdateExpression='SET cnt = if_not_exists(cnt, :zero) + :one, doc = :doc',
        ExpressionAttributeValues={':zero': 0, ':one': 1, ':doc': {'parts': [1, 2, 3]}},
        ReturnValues='ALL_NEW')['Attributes']
    assert updated == {**key, 'cnt': 1, 'doc': {'parts': [1, 2, 3]}}, updated
    updated = table.update_item(
        Key=key, UpdateExpression='REMOVE doc.parts[0], doc.parts[2] ADD tags :t',
        ExpressionAttributeValues={':t': {'x'}}, ReturnValues='UPDATED_NEW')['Attributes']
    assert updated['tags'] == {'x'}, updated
    assert table.get_item(Key=key)['Item']['doc'] == {'parts': [2]}
    message = refused(
        'ConditionalCheckFailedException', table.put_item, Item=key,
        ConditionExpression=Attr('cnt').not_exists())
    assert message == 'The conditional request failed'
    message = refused('ValidationException', table.put_item, Item={'artist': 'x'})
    assert message.endswith('Missing the key number in the item'), message
    assert table.delete_item(Key=key, ReturnValues='ALL_OLD')['Attributes']['cnt'] == 1


def time_to_live(table):
    def change(name, enabled):
        specification = {'AttributeName': name, 'Enabled': enabled}
        answer = client.update_time_to_live(
            TableName='tracks', TimeToLiveSpecification=specification)
        assert answer['TimeToLiveSpecification'] == specification, answer

    def description():
        return client.describe_time_to_live(TableName='tracks')['TimeToLiveDescription']

    assert description() == {'TimeToLiveStatus': 'DISABLED'}
    change('until', True)
    table.put_item(Item={'artist': 'gone', 'number': 1, 'until': int(time.time()) - 60})
    shown = description()
    assert shown['AttributeName'] == 'until', shown
    assert shown['TimeToLiveStatus'] in ('ENABLING', 'ENABLED'), shown
    message = refused(
        'ValidationException', client.update_time_to_live, TableName='tracks',
        TimeToLiveSpecification={'AttributeName': 'other', 'Enabled': True})
    assert message.endswith('current AttributeName is until'), message
    change('until', False)
    assert description() == {'TimeToLiveStatus': 'DISABLED'}


tracks = make_table()
for step in (every_type, batches, queries, writes, time_to_live):
    step(tracks)
tracks.delete()
tracks.wait_until_not_exists(WaiterConfig=WAIT)
refused('ResourceNotFoundException', client.describe_table, TableName='tracks')
print('done')

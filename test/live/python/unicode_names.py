"""Loads the named characters of Unicode into a table and asks for them in every way.

Hash key: general category; range key: code point; local index on the name. Every answer is compared
with Python's own `unicodedata`. Prints one JSON line; exits 1 at the first difference.
"""

import argparse
import base64
import json
import sys
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from magnetodb_client import MagnetoDB, every_route

TABLE = 'unicode.names'
BATCH = 25
WRITERS = 16
SEGMENTS = 4
SCAN_PAGE = 400


def characters(count):
    """The first `count` named characters, spread over the code space."""
    named = [c for c in range(sys.maxunicode + 1) if unicodedata.name(chr(c), None)]
    return named[::max(1, len(named) // count)]


def item_of(code_point):
    character = chr(code_point)
    item = {
        'category': {'S': unicodedata.category(character)},
        'code_point': {'N': str(code_point)},
        'name': {'S': unicodedata.name(character)},
        'utf8': {'B': base64_of(character)},
        'words': {'SS': sorted(set(unicodedata.name(character).split()))},
    }
    numeric = unicodedata.numeric(character, None)
    if numeric is not None and numeric == int(numeric):
        item['numeric'] = {'N': str(int(numeric))}
    return item


def base64_of(character):
    return base64.b64encode(character.encode()).decode()


def create(database):
    key = [{'attribute_name': 'category', 'key_type': 'HASH'}]
    database.call('POST', 'tables', {
        'table_name': TABLE,
        'attribute_definitions': [
            {'attribute_name': 'category', 'attribute_type': 'S'},
            {'attribute_name': 'code_point', 'attribute_type': 'N'},
            {'attribute_name': 'name', 'attribute_type': 'S'}],
        'key_schema': key + [{'attribute_name': 'code_point', 'key_type': 'RANGE'}],
        'local_secondary_indexes': [{
            'index_name': 'by_name',
            'key_schema': key + [{'attribute_name': 'name', 'key_type': 'RANGE'}],
            'projection': {'projection_type': 'ALL'}}]})


def load(database, items):
    ordered = sorted(items, key=lambda item: item['category']['S'])
    batches = [ordered[i:i + BATCH] for i in range(0, len(ordered), BATCH)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda batch: database.batch_write(TABLE, batch), batches))


def equals(attribute, value):
    return {attribute: {'comparison_operator': 'EQ', 'attribute_value_list': [value]}}


def check(what, found, expected):
    if found != expected:
        raise AssertionError(f'{what}: {str(found)[:300]} instead of {str(expected)[:300]}')


def check_queries(database, items):
    by_category = {}
    for item in items:
        by_category.setdefault(item['category']['S'], []).append(item)
    for category, members in by_category.items():
        conditions = equals('category', {'S': category})
        ascending = sorted(members, key=lambda item: int(item['code_point']['N']))
        found = list(database.items(f'tables/{TABLE}/query',
                                    {'key_conditions': conditions, 'limit': 1000}))
        check(f'query of {category}', found, ascending)
        by_name = sorted(members, key=lambda item: item['name']['S'].encode(), reverse=True)
        found = list(database.items(f'tables/{TABLE}/query', {
            'key_conditions': conditions, 'index_name': 'by_name', 'scan_index_forward': False}))
        check(f'query by name of {category}', found, by_name)
    letters = equals('category', {'S': 'Lu'})
    letters['name'] = {'comparison_operator': 'BEGINS_WITH',
                       'attribute_value_list': [{'S': 'GREEK CAPITAL LETTER'}]}
    found = database.call('POST', f'tables/{TABLE}/query',
                          {'key_conditions': letters, 'index_name': 'by_name'})
    expected = [item for item in by_category['Lu']
                if item['name']['S'].startswith('GREEK CAPITAL LETTER')]
    check('names by prefix', found['items'],
          sorted(expected, key=lambda item: item['name']['S'].encode()))


def check_scan(database, items):
    def segment(number):
        body = {'segment': number, 'total_segments': SEGMENTS, 'limit': SCAN_PAGE}
        return [int(item['code_point']['N'])
                for item in database.items(f'tables/{TABLE}/scan', body)]

    with ThreadPoolExecutor(SEGMENTS) as pool:
        segments = list(pool.map(segment, range(SEGMENTS)))
    seen = sorted(code_point for each in segments for code_point in each)
    check('scan by segments', seen, sorted(int(item['code_point']['N']) for item in items))
    return [len(each) for each in segments]


def check_refused(endpoint, other_token):
    stranger = MagnetoDB(endpoint, other_token)
    for method, path, body in every_route(TABLE) + every_route('no.such.table'):
        response = stranger.request(method, path, body)
        check(f'{method} {path} by a stranger', response.status_code, 403)
        check(f'{method} {path} by a stranger', response.json()['error']['message'],
              'No access to project')


def delete(database):
    database.call('DELETE', f'tables/{TABLE}')
    ends = time.monotonic() + 120
    while database.request('GET', f'tables/{TABLE}').status_code != 404:
        if time.monotonic() > ends:
            raise AssertionError('the table is still there two minutes after its deletion')
        time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--endpoint', required=True, help='…/v1/data/PROJECT')
    parser.add_argument('--token', required=True)
    parser.add_argument('--other-token', required=True, help='of another project')
    parser.add_argument('--count', type=int, default=20_000, help='about how many characters')
    arguments = parser.parse_args()
    database = MagnetoDB(arguments.endpoint, arguments.token)
    items = [item_of(code_point) for code_point in characters(arguments.count)]
    seconds = {}

    def timed(what, work, *parameters):
        begun = time.monotonic()
        result = work(*parameters)
        seconds[what] = round(time.monotonic() - begun, 2)
        return result

    timed('create', create, database)
    timed('load', load, database, items)
    timed('query', check_queries, database, items)
    segments = timed('scan', check_scan, database, items)
    timed('refused', check_refused, arguments.endpoint, arguments.other_token)
    timed('delete', delete, database)
    print(json.dumps({'records': len(items), 'segments': segments, 'seconds': seconds}))


if __name__ == '__main__':
    main()

"""The life of a table as a tenant of a cloud sees it, and every route with a stranger's token.

Logs in to Keystone with keystoneauth1 and finds the service in the catalog. Who logs in is read from
standard input: {"auth_url": …, "tenant": {…}, "reader": {…}, "stranger": {…}}, each with username,
user_domain_id, password and project_id. Prints OK; exits 1 at the first surprise.
"""

import json
import sys
import time

from keystoneauth1 import loading, session as keystone_session

from magnetodb_client import MagnetoDB, every_route

TABLE = 'life-of.a_table'
KEY = {'category': {'S': 'Lu'}, 'code_point': {'N': '65'}}


def log_in(auth_url, who):
    auth = loading.get_plugin_loader('password').load_from_options(auth_url=auth_url, **who)
    session = keystone_session.Session(auth=auth)
    endpoint = session.get_endpoint(service_type='kv-storage', interface='public')
    return MagnetoDB(endpoint, session.get_token())


def check(what, found, expected):
    if found != expected:
        raise AssertionError(f'{what}: {found!r} instead of {expected!r}')


def refusal(response):
    """Status and the words of the error; the request id differs from answer to answer."""
    error = response.json()['error']
    return response.status_code, error['type'], error['message']


def create(tenant):
    key = [{'attribute_name': 'category', 'key_type': 'HASH'}]
    definition = {
        'table_name': TABLE,
        'attribute_definitions': [
            {'attribute_name': 'category', 'attribute_type': 'S'},
            {'attribute_name': 'code_point', 'attribute_type': 'N'},
            {'attribute_name': 'name', 'attribute_type': 'S'}],
        'key_schema': key + [{'attribute_name': 'code_point', 'key_type': 'RANGE'}],
        'local_secondary_indexes': [{
            'index_name': 'by_name',
            'key_schema': key + [{'attribute_name': 'name', 'key_type': 'RANGE'}],
            'projection': {'projection_type': 'KEYS_ONLY'}}]}
    table = tenant.call('POST', 'tables', definition)['table_description']
    check('status', table['table_status'], 'CREATING')
    check('self link', table['links'][0],
          {'rel': 'self', 'href': f'{tenant.endpoint}/tables/{TABLE}'})
    check('status', tenant.call('GET', f'tables/{TABLE}')['table']['table_status'], 'ACTIVE')
    check('listed', tenant.call('GET', 'tables')['tables'],
          [{'rel': 'self', 'href': f'{tenant.endpoint}/tables/{TABLE}'}])
    again = tenant.request('POST', 'tables', definition)
    check('created twice', refusal(again),
          (400, 'TableAlreadyExistsException', f'Table {TABLE} already exists'))


def write(tenant):
    item = {**KEY, 'name': {'S': 'LATIN CAPITAL LETTER A'}, 'seen': {'N': '0'}}
    absent = {'category': {'exists': False}}
    tenant.call('POST', f'tables/{TABLE}/put_item', {'item': item, 'expected': absent})
    twice = tenant.request('POST', f'tables/{TABLE}/put_item', {'item': item, 'expected': absent})
    check('put twice', refusal(twice), (400, 'ConditionalCheckFailedException',
                                        'The conditional request failed'))
    updated = tenant.call('POST', f'tables/{TABLE}/update_item', {
        'key': KEY, 'return_values': 'UPDATED_NEW',
        'attribute_updates': {'seen': {'action': 'ADD', 'value': {'N': '1'}}}})
    check('counted', updated, {'attributes': {'seen': {'N': '1'}}})
    return {**item, 'seen': {'N': '1'}}


def read(tenant, item):
    got = tenant.call('POST', f'tables/{TABLE}/get_item', {'key': KEY, 'consistent_read': True})
    check('item', got, {'item': item})
    conditions = {'category': {'comparison_operator': 'EQ', 'attribute_value_list': [{'S': 'Lu'}]},
                  'name': {'comparison_operator': 'BEGINS_WITH',
                           'attribute_value_list': [{'S': 'LATIN'}]}}
    query = {'key_conditions': conditions, 'index_name': 'by_name', 'consistent_read': True}
    projected = {**KEY, 'name': item['name']}
    check('by index', tenant.call('POST', f'tables/{TABLE}/query', query),
          {'count': 1, 'items': [projected]})
    check('by index, all', tenant.call('POST', f'tables/{TABLE}/query',
                                       {**query, 'select': 'ALL_ATTRIBUTES'}),
          {'count': 1, 'items': [item]})
    check('scan', tenant.call('POST', f'tables/{TABLE}/scan', {}),
          {'count': 1, 'scanned_count': 1, 'items': [item]})


def check_strangers(tenant, stranger, reader):
    intruder = MagnetoDB(tenant.endpoint, stranger.session.headers['X-Auth-Token'])
    for (method, path, body), (_, other_path, other_body) in zip(
            every_route(TABLE), every_route('no-such-table')):
        forbidden = (403, 'Forbidden', 'No access to project')
        for answer in (intruder.request(method, path, body),
                       intruder.request(method, other_path, other_body)):
            check(f'{method} {path} by a stranger', refusal(answer), forbidden)
        nobody = MagnetoDB(tenant.endpoint, 'gAAAAABnobody').request(method, path, body)
        check(f'{method} {path} by nobody', nobody.status_code, 401)
        check('challenge', nobody.headers['WWW-Authenticate'].split()[0], 'Keystone')
    check("the stranger's own tables", stranger.call('GET', 'tables'), {'tables': []})
    put = reader.request('POST', f'tables/{TABLE}/put_item', {'item': KEY})
    check('put by a reader', refusal(put), (403, 'Forbidden', 'You are not authorized'))


def delete(tenant):
    table = tenant.call('DELETE', f'tables/{TABLE}')['table_description']
    check('status', table['table_status'], 'DELETING')
    ends = time.monotonic() + 60
    while tenant.request('GET', f'tables/{TABLE}').status_code == 200:
        if time.monotonic() > ends:
            raise AssertionError('still there a minute after its deletion')
        time.sleep(0.2)
    gone = tenant.request('POST', f'tables/{TABLE}/get_item', {'key': KEY})
    check('gone', refusal(gone),
          (404, 'TableNotExistsException', f"Table '{TABLE}' does not exist"))


def main():
    who = json.load(sys.stdin)
    tenant, reader, stranger = (
        log_in(who['auth_url'], who[name]) for name in ('tenant', 'reader', 'stranger'))
    create(tenant)
    item = write(tenant)
    read(tenant, item)
    check_strangers(tenant, stranger, reader)
    read(reader, item)
    delete(tenant)
    create(tenant)
    check('nothing of its predecessor', tenant.call('POST', f'tables/{TABLE}/scan', {}),
          {'count': 0, 'scanned_count': 0, 'items': []})
    delete(tenant)
    print('OK')


if __name__ == '__main__':
    main()

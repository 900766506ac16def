"""A client of MagnetoDB's v1 API as a tenant would write one: requests and nothing else."""

import requests

OUTCOME_TRIES_MAX = 20


class MagnetoDB:
    """`endpoint` ends with the project, as the service catalog has it: …/v1/data/PROJECT."""

    def __init__(self, endpoint, token):
        self.endpoint = endpoint
        self.session = requests.Session()
        self.session.headers['X-Auth-Token'] = token
        self.session.mount('http://', requests.adapters.HTTPAdapter(pool_maxsize=32))

    def request(self, method, path, body=None):
        return self.session.request(method, f'{self.endpoint}/{path}', json=body, timeout=60)

    def call(self, method, path, body=None):
        """The answer's JSON; any status but 200 is an error."""
        response = self.request(method, path, body)
        if response.status_code != 200:
            raise AssertionError(f'{method} {path}: {response.status_code} {response.text[:500]}')
        return response.json()

    def batch_write(self, table, items):
        """Puts up to 25 items, again and again what the service left over."""
        left = {table: [{'put_request': {'item': item}} for item in items]}
        for _ in range(OUTCOME_TRIES_MAX):
            left = self.call('POST', 'batch_write_item', {'request_items': left})[
                'unprocessed_items']
            if not left:
                return
        raise AssertionError(f'still unprocessed after {OUTCOME_TRIES_MAX} tries')

    def pages(self, path, body):
        """Every page of a query or a scan."""
        while True:
            page = self.call('POST', path, body)
            yield page
            if 'last_evaluated_key' not in page:
                return
            body = {**body, 'exclusive_start_key': page['last_evaluated_key']}

    def items(self, path, body):
        for page in self.pages(path, body):
            yield from page['items']


def every_route(table):
    """Method, path and a valid body of every route of a project."""
    key = {'category': {'S': 'Lu'}, 'code_point': {'N': '65'}}
    definition = {
        'table_name': table,
        'attribute_definitions': [{'attribute_name': 'id', 'attribute_type': 'S'}],
        'key_schema': [{'attribute_name': 'id', 'key_type': 'HASH'}],
    }
    updates = {'name': {'action': 'PUT', 'value': {'S': 'stolen'}}}
    conditions = {'category': {'comparison_operator': 'EQ', 'attribute_value_list': [{'S': 'Lu'}]}}
    return [
        ('POST', 'tables', definition),
        ('GET', 'tables', None),
        ('GET', f'tables/{table}', None),
        ('DELETE', f'tables/{table}', None),
        ('POST', f'tables/{table}/put_item', {'item': key}),
        ('POST', f'tables/{table}/get_item', {'key': key}),
        ('POST', f'tables/{table}/update_item', {'key': key, 'attribute_updates': updates}),
        ('POST', f'tables/{table}/delete_item', {'key': key}),
        ('POST', f'tables/{table}/query', {'key_conditions': conditions}),
        ('POST', f'tables/{table}/scan', {}),
        ('POST', 'batch_get_item', {'request_items': {table: {'keys': [key]}}}),
        ('POST', 'batch_write_item',
         {'request_items': {table: [{'delete_request': {'key': key}}]}}),
    ]

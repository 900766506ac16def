"""Loads a table as programs with requests do: generators, files, progress, and stopping halfway."""

import io
import json
import sys

from magnetodb_client import MagnetoDB

LINES = 2_000
TABLE = 'load.from-python'


def line(source, n):
    item = {'h': {'S': source}, 'n': {'N': str(n)}, 'text': {'S': 'x' * 500}}
    return json.dumps(item).encode() + b'\n'


def lines(source, count=LINES):
    return (line(source, n) for n in range(count))


class Given:
    def __init__(self, main, streaming, token, reader):
        self.main = MagnetoDB(main, token)
        self.streaming = MagnetoDB(streaming, token)
        self.reader = MagnetoDB(main, reader)

    def load(self, client, body, query=''):
        url = f'{client.endpoint}/tables/{TABLE}/bulk_load{query}'
        return client.session.post(url, data=body, timeout=60, stream=True)

    def stored(self, source):
        equal = {'comparison_operator': 'EQ', 'attribute_value_list': [{'S': source}]}
        query = {'key_conditions': {'h': equal}, 'select': 'COUNT', 'consistent_read': True}
        pages = self.main.pages(f'tables/{TABLE}/query', query)
        return sum(page['count'] for page in pages)

    def create_table(self):
        self.main.call('POST', 'tables', {
            'table_name': TABLE,
            'attribute_definitions': [
                {'attribute_name': 'h', 'attribute_type': 'S'},
                {'attribute_name': 'n', 'attribute_type': 'N'},
            ],
            'key_schema': [
                {'attribute_name': 'h', 'key_type': 'HASH'},
                {'attribute_name': 'n', 'key_type': 'RANGE'},
            ],
        })


def check_whole(given, source, client, body):
    response = given.load(client, body)
    assert response.status_code == 200, response.text
    reply = response.json()
    assert (reply['read'], reply['processed'], reply['failed']) == (LINES, LINES, 0), reply
    assert reply['last_item'].encode() == line(source, LINES - 1)
    assert given.stored(source) == LINES


def check_progress(given):
    response = given.load(given.main, lines('progress'), '?progress=true')
    *_, last = (json.loads(text) for text in response.iter_lines())
    assert (last['processed'], last['failed_items']) == (LINES, {}), last


def check_stop_halfway(given):
    def some():
        yield from lines('halfway', 100)
        raise KeyboardInterrupt

    try:
        given.load(given.main, some())
    except KeyboardInterrupt:
        given.main.session.close()
    while given.stored('halfway') < 100:
        pass
    reply = given.load(given.main, lines('after', 1)).json()
    assert reply['processed'] == 1, reply


def check_refused(given):
    """Who writes all before reading still reads why it was refused."""
    response = given.load(given.reader, lines('refused', 50_000))
    assert response.status_code == 403, response.text
    assert given.stored('refused') == 0


def main():
    given = Given(**json.load(sys.stdin))
    given.create_table()
    check_whole(given, 'generator', given.main, lines('generator'))
    check_whole(given, 'file', given.main, io.BytesIO(b''.join(lines('file'))))
    check_whole(given, 'streaming', given.streaming, lines('streaming'))
    check_progress(given)
    check_stop_halfway(given)
    check_refused(given)
    print('OK')


main()

"""The real keystonemiddleware in one process, asked what it makes of requests.

Reads a list of {"options": {…}, "requests": [{"method", "path", "headers": [[name, value]]}]}, with
"configFile" in place of "options" if they are in a file. Prints for each, in its order, the answers: the status, the challenge and, when the application was reached,
the headers that it saw. With options that it refuses every status is "refused"; an error that a web
server would answer is 500.
"""

import json
import logging
import sys

import webob
from keystonemiddleware import auth_token
from oslo_config import cfg


def application(environ, start_response):
    headers = {name: value for name, value in environ.items() if name.startswith('HTTP_')}
    headers.pop('HTTP_X_SERVICE_CATALOG', None)
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(headers).encode()]


def ask(middleware, request):
    asked = webob.Request.blank(request['path'], method=request['method'])
    for name, value in request['headers']:
        # What a web server does to a header's value.
        asked.environ['HTTP_' + name.upper().replace('-', '_')] = value.strip(' \t')
    try:
        answer = asked.get_response(middleware)
    except Exception:
        return {'status': 500, 'headers': {}}
    headers = json.loads(answer.body) if answer.status_int == 200 else {}
    challenge = answer.headers.get('WWW-Authenticate')
    return {'status': answer.status_int, 'headers': headers, 'challenge': challenge}


def options_of(task):
    if 'configFile' not in task:
        return task['options']
    conf = cfg.ConfigOpts()
    conf(['--config-file', task['configFile']], project='magnetodb')
    return {'oslo_config_config': conf}


def play(task):
    try:
        middleware = auth_token.AuthProtocol(application, options_of(task))
    except Exception:
        return [{'status': 'refused', 'headers': {}} for _ in task['requests']]
    return [ask(middleware, request) for request in task['requests']]


def main():
    logging.disable(logging.CRITICAL)
    json.dump([play(task) for task in json.load(sys.stdin)], sys.stdout)


main()

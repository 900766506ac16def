"""The real keystonemiddleware in one process, asked what it makes of requests.

Reads {"options": {…}, "requests": [{"method", "path", "headers": [[name, value]]}]} and prints for
each request the status and, when the application was reached, the headers that it saw.
"""

import json
import logging
import sys

import webob
from keystonemiddleware import auth_token


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
    answer = asked.get_response(middleware)
    headers = json.loads(answer.body) if answer.status_int == 200 else {}
    return {'status': answer.status_int, 'headers': headers}


def main():
    logging.disable(logging.CRITICAL)
    task = json.load(sys.stdin)
    middleware = auth_token.AuthProtocol(application, task['options'])
    json.dump([ask(middleware, request) for request in task['requests']], sys.stdout)


main()

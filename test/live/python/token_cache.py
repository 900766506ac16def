"""keystonemiddleware's own token cache on real memcached: puts tokens there and reads them.

Reads {"servers", "strategy", "secret", "set": {token: data}, "get": [token]} and prints
{token: data or null}.
"""

import json
import logging
import sys

from keystonemiddleware.auth_token import _cache

OPTIONS = {
    'cache_time': 300,
    'dead_retry': 300,
    'socket_timeout': 3,
    'maxsize': 10,
    'unused_timeout': 60,
    'conn_get_timeout': 10,
}


def main():
    task = json.load(sys.stdin)
    log = logging.getLogger()
    options = {**OPTIONS, 'memcached_servers': task['servers']}
    if task['strategy'] == 'None':
        cache = _cache.TokenCache(log, **options)
    else:
        cache = _cache.SecureTokenCache(log, task['strategy'], task['secret'], **options)
    cache.initialize({})
    for token, data in task.get('set', {}).items():
        cache.set(token, data)
    json.dump({token: cache.get(token) for token in task.get('get', [])}, sys.stdout)


main()

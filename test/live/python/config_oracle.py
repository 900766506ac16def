"""Asks the real oslo.config what it makes of command lines, files and environments.

Reads one JSON object: {"options": [...], "cases": [{"args": [...], "environment": {...}}, ...]}.
Prints a JSON line for each case: {"values": {...}, "refused": [...]}, both by `group.option`, or
{"failed": NAME} with the name of the error when the configuration cannot be read at all.
"""

import json
import logging
import math
import os
import sys

from oslo_config import cfg

TYPES = {
    'string': lambda spec: cfg.types.String(),
    'choice': lambda spec: cfg.types.String(choices=spec['words']),
    'integer': lambda spec: cfg.types.Integer(max=spec.get('max')),
    'port': lambda spec: cfg.types.Port(min=1),
    'float': lambda spec: cfg.types.Float(),
    'boolean': lambda spec: cfg.types.Boolean(),
    'list': lambda spec: cfg.types.List(),
}


def option(spec):
    deprecated = [cfg.DeprecatedOpt(name) for name in spec.get('deprecatedNames', [])]
    return cfg.Opt(
        spec['name'],
        type=TYPES[spec['type']](spec),
        default=spec.get('default'),
        deprecated_opts=deprecated,
    )


def plain(value):
    """JSON has no infinite numbers."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def answer(specs, case):
    conf = cfg.ConfigOpts()
    for spec in specs:
        group = None if spec['group'] == 'DEFAULT' else spec['group']
        conf.register_opt(option(spec), group=group)
    try:
        conf(
            case['args'],
            project='magnetodb',
            default_config_files=[],
            default_config_dirs=[],
        )
    except (cfg.Error, SystemExit) as error:
        return {'failed': type(error).__name__}
    values = {}
    refused = []
    for spec in specs:
        name = f'{spec["group"]}.{spec["name"]}'
        try:
            group = conf if spec['group'] == 'DEFAULT' else conf[spec['group']]
            values[name] = plain(group[spec['name']])
        except Exception:
            refused.append(name)
    return {'values': values, 'refused': refused}


def main():
    logging.disable(logging.CRITICAL)
    given = json.load(sys.stdin)
    for case in given['cases']:
        os.environ.update(case['environment'])
        print(json.dumps(answer(given['options'], case)))
        for name in case['environment']:
            del os.environ[name]


main()

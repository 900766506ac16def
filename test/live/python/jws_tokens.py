"""Keystone's own JWS tokens: makes key pairs and signs with them.

The argument is a folder. Writes the first pair's public key to FOLDER/public and prints tokens:
{"valid", "expired", "forged"}, the last one of a pair whose public key is nowhere.
"""

import datetime
import json
import os
import sys

import keystone.conf
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from keystone.token.providers.jws import core

CONF = keystone.conf.CONF


def key_pair(folder):
    os.makedirs(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with open(os.path.join(folder, 'private.pem'), 'wb') as file:
        file.write(private)
    return public


def token(folder, hours):
    CONF.set_override('jws_private_key_repository', folder, 'jwt_tokens')
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    expires_at = end.strftime('%Y-%m-%dT%H:%M:%S.%fZ')
    return core.JWSFormatter().create_token(
        'a' * 32, expires_at, ['audit'], ['password'], project_id='b' * 32)[0]


def main():
    keystone.conf.configure()
    folder = sys.argv[1]
    ours, others = os.path.join(folder, 'ours'), os.path.join(folder, 'others')
    public = key_pair(ours)
    key_pair(others)
    os.makedirs(os.path.join(folder, 'public'))
    with open(os.path.join(folder, 'public', 'public.pem'), 'wb') as file:
        file.write(public)
    tokens = {'valid': token(ours, 1), 'expired': token(ours, -1), 'forged': token(others, 1)}
    json.dump(tokens, sys.stdout)


main()

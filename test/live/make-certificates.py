"""Writes an authority, a server certificate for 127.0.0.1, one for another name, one that has
expired, and a client certificate into the folder that is given, each as NAME.pem and NAME.key."""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

FOLDER = pathlib.Path(sys.argv[1])
NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
LOOPBACK = x509.IPAddress(ipaddress.ip_address('127.0.0.1'))


def common_name(name):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def certify(name, alternative_name, authority=None, begin=NOW - DAY, end=NOW + DAY):
    key = ec.generate_private_key(ec.SECP256R1())
    issuer, issuer_key = authority or (name, key)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(common_name(name))
        .issuer_name(common_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([alternative_name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    (FOLDER / f'{name}.pem').write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (FOLDER / f'{name}.key').write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return name, key


AUTHORITY = certify('authority', x509.DNSName('authority'))
certify('stranger', x509.DNSName('stranger'))
certify('server', LOOPBACK, AUTHORITY)
certify('misnamed', x509.DNSName('elsewhere.example.org'), AUTHORITY)
certify('expired', LOOPBACK, AUTHORITY, NOW - 3 * DAY, NOW - DAY)
certify('client', x509.DNSName('client'), AUTHORITY)

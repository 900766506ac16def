"""Creates the service's user, with the role service, and its catalog entry, if they are missing."""

import pathlib
import time

from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3
from keystoneclient.v3 import client

SECONDS_MAX = 60
URL = "http://localhost:8480/v1/data/$(project_id)s"

auth = v3.Password(
    auth_url="http://127.0.0.1:5000/v3",
    username="admin",
    password="admin",
    project_name="admin",
    user_domain_id="default",
    project_domain_id="default",
)
keystone = client.Client(
    session=session.Session(auth), endpoint_override="http://127.0.0.1:5000/v3"
)


def until_it_answers():
    """Waits for Keystone, which start.sh starts at the same time."""
    end = time.monotonic() + SECONDS_MAX
    while True:
        try:
            return keystone.session.get_token()
        except exceptions.ClientException:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def named(manager, name, **fields):
    found = manager.list(name=name)
    return found[0] if found else manager.create(name, **fields)


until_it_answers()
project = named(keystone.projects, "service", domain="default")
user = named(keystone.users, "magnetodb", password="magnetodb")
keystone.roles.grant(named(keystone.roles, "service"), user=user, project=project)
service = named(keystone.services, "magnetodb", type="kv-storage")
if not keystone.endpoints.list(service=service):
    keystone.endpoints.create(service, URL, interface="public", region="RegionOne")
pathlib.Path("/tmp/registered").touch()

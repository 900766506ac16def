#!/bin/sh
# Sets up Keystone and serves it. Setting it up again at each start is safe.
set -eu

manage() {
  keystone-manage --config-file "$OS_KEYSTONE_CONFIG_FILES" "$@"
}

install -d -m 700 /var/lib/keystone/fernet /var/lib/keystone/credential
manage db_sync
manage fernet_setup --keystone-user keystone --keystone-group keystone
manage credential_setup --keystone-user keystone --keystone-group keystone
manage bootstrap --bootstrap-username admin --bootstrap-password admin \
  --bootstrap-region-id RegionOne --bootstrap-public-url http://localhost:5000/v3 \
  --bootstrap-internal-url http://keystone:5000/v3
python3 register.py &
exec gunicorn

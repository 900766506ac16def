import { type OptionGroup, option } from '../option.ts'
import { alwaysFalse, boolean, choice, float, integer, string, url } from '../value-type.ts'
import { SERVICE_TOKEN_OPTIONS, TOKEN_CACHE_OPTIONS } from './token-cache.ts'

const credentials = {
  auth_type: option(choice(['password', 'v3password', 'v3applicationcredential']), {
    default: 'password',
    deprecatedNames: ['auth_plugin'],
    help:
      "How the service gets its own token, with which it validates callers' tokens. Its user " +
      'needs the role service. password and v3password are the same.',
  }),
  auth_url: option(url(), {
    help: "Identity API for the service's own token, such as http://keystone:5000/v3.",
  }),
  username: option(string(), {
    deprecatedNames: ['user_name'],
    help: "Service user's name.",
  }),
  user_id: option(string(), { help: "Service user's id, instead of name and domain." }),
  user_domain_name: option(string(), { help: "Name of the service user's domain." }),
  user_domain_id: option(string(), { help: "Id of the service user's domain." }),
  password: option(string(), { secret: true, help: "Service user's password." }),
  project_name: option(string(), {
    deprecatedNames: ['tenant_name'],
    help: "Name of the service user's project.",
  }),
  project_id: option(string(), {
    deprecatedNames: ['tenant_id'],
    help: "Id of the service user's project, instead of name and domain.",
  }),
  project_domain_name: option(string(), { help: "Name of the project's domain." }),
  project_domain_id: option(string(), { help: "Id of the project's domain." }),
  application_credential_id: option(string(), {
    help: 'Id of the application credential. Used with auth_type = v3applicationcredential.',
  }),
  application_credential_name: option(string(), {
    help: "Name of the application credential, instead of its id, with the user's id or name.",
  }),
  application_credential_secret: option(string(), {
    secret: true,
    help: 'Secret of the application credential.',
  }),
}

const connection = {
  interface: option(choice(['internal', 'public', 'admin']), {
    default: 'internal',
    help: 'Interface of the identity endpoint in the catalog that validates tokens.',
  }),
  region_name: option(string(), {
    help: 'Region of the identity endpoint in the catalog. Unset: the first one.',
  }),
  endpoint_override: option(url(), {
    help:
      'Identity API that validates tokens, instead of the endpoint in the catalog. Not an option ' +
      'of keystonemiddleware.',
  }),
  http_connect_timeout: option(float({ min: 0.1, max: 60 }), {
    default: 2,
    help: 'Seconds that one request to the Identity API may take. keystonemiddleware has no limit.',
  }),
  http_request_max_retries: option(integer({ min: 0, max: 10 }), {
    default: 1,
    help:
      'Retries of a request to the Identity API that could not connect. The default of ' +
      'keystonemiddleware is 3.',
  }),
  cafile: option(string(), {
    help: "PEM file of the authorities for Keystone's certificate. Unset: public authorities.",
  }),
  certfile: option(string(), {
    help: "PEM file of this service's client certificate, if Keystone requires one.",
  }),
  keyfile: option(string(), { help: 'PEM file of the private key of certfile.' }),
  insecure: option(boolean(), {
    default: false,
    help: "Do not verify the Identity API's certificate. For tests only.",
  }),
}

export const KEYSTONE_AUTHTOKEN_GROUP = {
  help:
    'The Identity service, for auth_strategy = keystone. The options have the names and meanings ' +
    'of keystonemiddleware.',
  options: {
    ...credentials,
    www_authenticate_uri: option(url(), {
      deprecatedNames: ['auth_uri'],
      help: 'Public URL of the Identity API, sent to clients with status 401. Unset: auth_url.',
    }),
    ...connection,
    ...TOKEN_CACHE_OPTIONS,
    ...SERVICE_TOKEN_OPTIONS,
    jws_public_key_repository: option(string(), {
      help:
        "Folder of PEM files with the public keys of Keystone's tokens, like Keystone's option " +
        'of this name. Forged and expired JWS tokens are then refused without asking the ' +
        'Identity API. Changes take effect by themselves. Not an option of keystonemiddleware.',
    }),
    delay_auth_decision: option(alwaysFalse('every request needs a valid token'), {
      default: false,
      help: 'Must be false: every request needs a valid token.',
    }),
    enforce_token_bind: option(choice(['permissive', 'disabled']), {
      default: 'permissive',
      help:
        'Has no effect, since no token is bound to a connection. The other values of ' +
        'keystonemiddleware would refuse every token.',
    }),
    service_type: option(string(/^[a-z][a-z0-9-]*$/, 'a service type, such as kv-storage'), {
      help:
        'Service type that access rules of application credentials must name on bind_port. ' +
        'Unset: kv-storage. On streaming_bind_port it is kv-streaming.',
    }),
  },
  unused: {
    auth_version: 'tokens are validated by version 3 of the Identity API',
    cache: 'there is no cache of Swift here',
    include_service_catalog: 'the catalog is never asked for',
    memcache_use_advanced_pool: 'there is one kind of pool',
    memcache_pool_conn_get_timeout: 'operations share connections and do not wait for one',
    memcache_username: 'it is for SASL',
    memcache_password: 'it is for SASL',
  },
} satisfies OptionGroup

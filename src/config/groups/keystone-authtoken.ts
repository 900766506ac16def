import { type OptionGroup, option } from '../option.ts'
import { alwaysFalse, boolean, choice, float, integer, string, url } from '../value-type.ts'
import { SERVICE_TOKEN_OPTIONS, TOKEN_CACHE_OPTIONS } from './token-cache.ts'

const credentials = {
  auth_type: option(choice(['password', 'v3password', 'v3applicationcredential']), {
    default: 'password',
    deprecatedNames: ['auth_plugin'],
    help:
      "How the service gets its own token, which it validates callers' tokens with. Its user " +
      'needs the role service. password and v3password are the same.',
  }),
  auth_url: option(url(), {
    help: 'Identity API that gives the service its own token, such as http://keystone:5000/v3.',
  }),
  username: option(string(), {
    deprecatedNames: ['user_name'],
    help: "Service user's name.",
  }),
  user_id: option(string(), { help: "Service user's id, in place of name and domain." }),
  user_domain_name: option(string(), { help: "Name of the service user's domain." }),
  user_domain_id: option(string(), { help: "Id of the service user's domain." }),
  password: option(string(), { secret: true, help: "Service user's password." }),
  project_name: option(string(), {
    deprecatedNames: ['tenant_name'],
    help: "Name of the service user's project.",
  }),
  project_id: option(string(), {
    deprecatedNames: ['tenant_id'],
    help: "Id of the service user's project, in place of name and domain.",
  }),
  project_domain_name: option(string(), { help: "Name of the project's domain." }),
  project_domain_id: option(string(), { help: "Id of the project's domain." }),
  application_credential_id: option(string(), {
    help: 'Id of the application credential. Used with auth_type = v3applicationcredential.',
  }),
  application_credential_name: option(string(), {
    help: "Name of the application credential, in place of its id, with the user's id or name.",
  }),
  application_credential_secret: option(string(), {
    secret: true,
    help: 'Secret of the application credential.',
  }),
}

const connection = {
  interface: option(choice(['internal', 'public', 'admin']), {
    default: 'internal',
    help: "Which of the catalog's identity endpoints validates tokens.",
  }),
  region_name: option(string(), {
    help: 'Region whose identity endpoint is taken from the catalog. Unset: the first.',
  }),
  endpoint_override: option(url(), {
    help:
      'Identity API that validates tokens, in place of the one in the catalog. Not an option of ' +
      'keystonemiddleware.',
  }),
  http_connect_timeout: option(float({ min: 0.1, max: 60 }), {
    default: 2,
    help: 'Seconds that one request to the Identity API may take. keystonemiddleware has no limit.',
  }),
  http_request_max_retries: option(integer({ min: 0, max: 10 }), {
    default: 1,
    help:
      'How many times a request to the Identity API that found no connection is repeated. ' +
      'keystonemiddleware has 3.',
  }),
  cafile: option(string(), {
    help: "PEM file of the authorities that sign Keystone's certificate. Unset: public ones.",
  }),
  certfile: option(string(), {
    help: 'PEM file of the certificate that this service shows where Keystone asks for one.',
  }),
  keyfile: option(string(), { help: 'PEM file of the private key of certfile.' }),
  insecure: option(boolean(), {
    default: false,
    help: "Do not check the Identity API's certificate. For tests only.",
  }),
}

export const KEYSTONE_AUTHTOKEN_GROUP = {
  help:
    'The Identity service that knows the callers. Used with auth_strategy = keystone. The ' +
    "options are keystonemiddleware's, with its names and meanings.",
  options: {
    ...credentials,
    www_authenticate_uri: option(url(), {
      deprecatedNames: ['auth_uri'],
      help:
        'Public URL of the Identity API, told to clients in replies of status 401. Unset: ' +
        'auth_url.',
    }),
    ...connection,
    ...TOKEN_CACHE_OPTIONS,
    ...SERVICE_TOKEN_OPTIONS,
    jws_public_key_repository: option(string(), {
      help:
        "Folder of the PEM files of the public keys that Keystone's tokens are signed with, as " +
        "Keystone's option of this name. Forged and expired JWS tokens are then refused without " +
        'asking the Identity API. Read again when it changes. Not an option of keystonemiddleware.',
    }),
    delay_auth_decision: option(alwaysFalse('no request goes on without a valid token'), {
      default: false,
      help: 'Must be false: no request goes on without a valid token.',
    }),
    enforce_token_bind: option(choice(['permissive', 'disabled']), {
      default: 'permissive',
      help:
        'No token is bound to a connection, so there is nothing to check. What else ' +
        'keystonemiddleware has here would refuse every token.',
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

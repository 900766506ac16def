import { network } from '../network.ts'
import { type OptionGroup, option } from '../option.ts'
import { boolean, list } from '../value-type.ts'

export const OSLO_MIDDLEWARE_GROUP = {
  help: 'What stands between the clients and this service.',
  options: {
    enable_proxy_headers_parsing: option(boolean(), {
      default: false,
      help:
        "Take a client's address from X-Forwarded-For when trusted_proxies bring it: limits on " +
        'each address then hold for each client, and not for all of a proxy together. Needs ' +
        'trusted_proxies. Forwarded is not read, and links are made of public_endpoint.',
    }),
    trusted_proxies: option(list(network()), {
      help:
        'Addresses and networks of the proxies. Of X-Forwarded-For, the last address that is ' +
        "none of theirs is the client's. Not an option of oslo.middleware, which believes " +
        'whatever a client says.',
    }),
  },
  unused: {
    max_request_body_size: 'each operation has a limit of its own',
    secure_proxy_ssl_header: 'links are made of [DEFAULT] public_endpoint',
  },
} satisfies OptionGroup

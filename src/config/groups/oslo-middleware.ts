import { network } from '../network.ts'
import { type OptionGroup, option } from '../option.ts'
import { boolean, list } from '../value-type.ts'

export const OSLO_MIDDLEWARE_GROUP = {
  help: 'Proxies between clients and this service.',
  options: {
    enable_proxy_headers_parsing: option(boolean(), {
      default: false,
      help:
        "Take a client's address from X-Forwarded-For if the request comes from trusted_proxies, " +
        'so that limits per address apply to clients instead of proxies. Requires ' +
        'trusted_proxies. Forwarded is not read, and links start with public_endpoint.',
    }),
    trusted_proxies: option(list(network()), {
      help:
        'Addresses and networks of the proxies. The client is the last address in ' +
        'X-Forwarded-For that is not one of them. Not an option of oslo.middleware, which trusts ' +
        'any client.',
    }),
  },
  unused: {
    max_request_body_size: 'each operation has its own limit',
    secure_proxy_ssl_header: 'links start with [DEFAULT] public_endpoint',
  },
} satisfies OptionGroup

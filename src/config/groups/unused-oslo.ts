/** Options of `[DEFAULT]` of oslo.log 8.3, oslo.messaging 18.3 and oslo.service 4.8 that have no
 * effect here, with the reason. Tools such as devstack write them into every service's file. */
export const UNUSED_OSLO_OPTIONS = {
  ...all('the format of lines is fixed, except use_json and use_journal', [
    ...['log_color', 'log_date_format', 'logging_context_format_string'],
    ...['logging_default_format_string', 'logging_debug_format_suffix'],
    ...['logging_exception_prefix', 'logging_user_identity_format'],
    ...['instance_format', 'instance_uuid_format'],
  ]),
  ...all('lines go either to log_file or to standard error', [
    ...['use_stderr', 'use_syslog', 'syslog_log_facility', 'publish_errors'],
  ]),
  ...all('logrotate renames the file and sends SIGHUP', [
    ...['log_rotation_type', 'log_rotate_interval', 'log_rotate_interval_type'],
    ...['max_logfile_count', 'max_logfile_size_mb'],
  ]),
  ...all('debug applies to the whole service', [
    ...['default_log_levels', 'log_config_append', 'log_config', 'fatal_deprecations'],
  ]),
  ...all('the rate limit of lines about refused requests is fixed', [
    ...['rate_limit_interval', 'rate_limit_burst', 'rate_limit_except_level'],
  ]),
  ...all('there is no message queue', [
    ...['transport_url', 'control_exchange', 'rpc_response_timeout', 'rpc_ping_enabled'],
    ...['rpc_conn_pool_size', 'conn_pool_min_size', 'conn_pool_ttl', 'executor_thread_pool_size'],
  ]),
  ...all('processes are not managed by oslo.service', [
    ...['backdoor_port', 'backdoor_socket', 'log_options', 'graceful_shutdown_timeout'],
    ...['run_external_periodic_tasks', 'api_paste_config', 'wsgi_log_format', 'wsgi_keep_alive'],
    ...['wsgi_default_pool_size', 'wsgi_server_debug', 'client_socket_timeout', 'tcp_keepidle'],
    ...['max_header_line'],
  ]),
} as const

function all(why: string, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, why]))
}

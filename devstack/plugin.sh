#!/bin/bash
# MagnetoDB's devstack plugin. devstack sources this file in each of its phases, with the mode and
# the phase as arguments: "stack install", "unstack", … Each phase may run any number of times.

source "$MAGNETODB_DIR/devstack/lib/node"
source "$MAGNETODB_DIR/devstack/lib/cassandra"
source "$MAGNETODB_DIR/devstack/lib/magnetodb"

# Makes `is_service_enabled magnetodb` work, here and in other plugins.
function is_magnetodb_enabled {
    [[ ,$ENABLED_SERVICES, =~ ,magnetodb- ]]
}

if is_service_enabled magnetodb; then
    case "$1 $2" in
        "stack pre-install")
            echo_summary "Installing what MagnetoDB needs"
            install_magnetodb_node
            ;;
        "stack install")
            echo_summary "Building MagnetoDB"
            # A service that still runs from an earlier stack.sh would lose its files to the build,
            # and run_process would not restart it.
            stop_magnetodb
            build_magnetodb
            install_magnetodb_cassandra
            ;;
        "stack post-config")
            echo_summary "Configuring MagnetoDB"
            configure_magnetodb
            configure_magnetodb_cassandra
            create_magnetodb_accounts
            ;;
        "stack extra")
            # Only now, since the post-config sections of local.conf are applied after post-config.
            echo_summary "Starting MagnetoDB"
            start_magnetodb_cassandra
            start_magnetodb
            ;;
        "stack test-config")
            configure_tempest_for_magnetodb
            ;;
        "unstack ")
            stop_magnetodb
            stop_magnetodb_cassandra
            ;;
        "clean ")
            cleanup_magnetodb
            cleanup_magnetodb_cassandra
            cleanup_magnetodb_node
            ;;
    esac
fi

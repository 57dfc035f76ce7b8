{{ current_versions("network_bills") }}

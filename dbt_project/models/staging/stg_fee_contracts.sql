{{ current_versions("fee_contracts") }}

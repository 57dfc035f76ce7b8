{{ current_versions("ledger_entries") }}

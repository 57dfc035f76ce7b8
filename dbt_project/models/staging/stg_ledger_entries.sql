{{ current_versions("ledger_entries", version="updated_at") }}

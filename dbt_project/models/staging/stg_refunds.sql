{{ current_versions("refunds", version="updated_at") }}

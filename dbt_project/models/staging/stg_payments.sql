{{ current_versions("payments", version="updated_at") }}

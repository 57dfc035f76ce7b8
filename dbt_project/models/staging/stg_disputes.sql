{{ current_versions("disputes", version="updated_at") }}

{{ current_versions("costs", version="updated_at") }}

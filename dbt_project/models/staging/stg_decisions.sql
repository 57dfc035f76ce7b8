{{ current_versions("decisions") }}

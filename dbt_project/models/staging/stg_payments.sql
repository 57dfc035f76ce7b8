{{ current_versions("payments") }}

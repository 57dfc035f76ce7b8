{{ current_versions("refunds") }}

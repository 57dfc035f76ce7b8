{{ current_versions("transfers") }}

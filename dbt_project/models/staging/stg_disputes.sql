{{ current_versions("disputes") }}

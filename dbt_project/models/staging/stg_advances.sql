{{ current_versions("advances") }}

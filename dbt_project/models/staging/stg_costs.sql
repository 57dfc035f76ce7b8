{{ current_versions("costs") }}

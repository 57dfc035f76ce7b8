{{ current_versions("merchants") }}

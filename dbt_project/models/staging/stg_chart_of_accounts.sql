{{ current_versions("chart_of_accounts") }}

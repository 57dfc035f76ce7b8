{{ current_versions("chart_of_accounts", version="updated_at") }}

{{ current_versions("subscriptions") }}

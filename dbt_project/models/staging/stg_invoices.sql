{{ current_versions("invoices") }}

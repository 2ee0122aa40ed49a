using MirrorTools.Agent.Control.Endpoints;
using MirrorTools.Agent.Control.Json;
using MirrorTools.Contracts;

namespace MirrorTools.Agent.Control;

/// <summary>The control API (docs/formats/control-api.md): routes, the token in front of all of them, and errors with ids.</summary>
internal static class ControlApi
{
    public static void AddServices(IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options => ContractJson.Configure(options.SerializerOptions));
        services.AddOpenApi(Routes.Version);
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    public static void Map(WebApplication app)
    {
        app.UseMiddleware<TokenMiddleware>();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseRouting();
        app.MapOpenApi("/{documentName}/openapi.json");
        AgentEndpoints.Map(app);
        TrustEndpoints.Map(app);
        PairEndpoints.Map(app);
        GroupEndpoints.Map(app);
        CycleEndpoints.Map(app);
        VolumeEndpoints.Map(app);
        EventEndpoints.Map(app);
        OperationEndpoints.Map(app);
    }
}

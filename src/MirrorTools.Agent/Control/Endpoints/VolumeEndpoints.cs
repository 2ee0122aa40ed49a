using Microsoft.AspNetCore.Http.Features;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Volumes;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>Volumes, their attachments and bytes.</summary>
internal static class VolumeEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Volumes, (VolumeService volumes) => volumes.List());
        routes.MapGet(Routes.Volume, (VolumeService volumes, string volume) => volumes.Get(volume));
        routes.MapGet(Routes.VolumeData, ReadAsync).Produces(StatusCodes.Status200OK, contentType: "application/octet-stream");
        routes.MapPut(Routes.VolumeData, WriteAsync).Accepts<byte[]>("application/octet-stream").Produces(StatusCodes.Status200OK);
        routes.MapPost(Routes.VolumeFlush, async (VolumeService volumes, string volume, CancellationToken cancel) =>
        {
            await volumes.FlushAsync(volume, cancel);
            return TypedResults.Ok();
        });
        routes.MapPost(Routes.Attachments, async (VolumeService volumes, string volume, MountRequest? body, HttpContext context, CancellationToken cancel) =>
            TypedResults.Created((string?)null, await volumes.MountAsync(volume, body ?? new MountRequest(), Caller.Of(context), cancel)));
        routes.MapDelete(Routes.Attachments, (VolumeService volumes, string volume, bool? force, HttpContext context, CancellationToken cancel) =>
            volumes.DismountAsync(volume, null, force == true, Caller.Of(context), cancel));
        routes.MapDelete(Routes.Attachment, (VolumeService volumes, string volume, string id, bool? force, HttpContext context, CancellationToken cancel) =>
            volumes.DismountAsync(volume, id, force == true, Caller.Of(context), cancel));
    }

    private static async Task<IResult> ReadAsync(VolumeService volumes, string volume, long offset, long length, CancellationToken cancel) =>
        TypedResults.Bytes(await volumes.ReadAsync(volume, offset, length, cancel), "application/octet-stream");

    private static async Task<IResult> WriteAsync(VolumeService volumes, string volume, long offset, HttpRequest request, CancellationToken cancel)
    {
        if (request.ContentLength is not { } length || length > ApiLimits.MaxVolumeDataBytes)
        {
            throw new ControlException(ErrorIds.RequestTooLarge, $"The data are of unknown length or longer than {ApiLimits.MaxVolumeDataBytes} bytes.");
        }

        request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = length;
        var data = new byte[length];
        await request.Body.ReadExactlyAsync(data, cancel);
        await volumes.WriteAsync(volume, offset, data, cancel);
        return TypedResults.Ok();
    }
}

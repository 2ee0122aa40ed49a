using MirrorTools.Contracts.Volumes;
using System.Net.Http;

namespace MirrorTools.Contracts.Client;

/// <summary>Volumes, their attachments and bytes.</summary>
public sealed class VolumeApi
{
    private readonly ApiChannel _channel;

    internal VolumeApi(ApiChannel channel) => _channel = channel;

    /// <summary>The volumes.</summary>
    /// <param name="cancel">Gives the wait up.</param>
    public async Task<List<VolumeInfo>> ListAsync(CancellationToken cancel) =>
        (await _channel.GetAsync<VolumeList>(Routes.Volumes, cancel).ConfigureAwait(false)).Items;

    /// <summary>One volume.</summary>
    /// <param name="volume">The volume's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<VolumeInfo> GetAsync(string volume, CancellationToken cancel) =>
        _channel.GetAsync<VolumeInfo>(Routes.Fill(Routes.Volume, volume), cancel);

    /// <summary>Gives a volume to hosts.</summary>
    /// <param name="volume">The volume's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<AttachmentInfo> MountAsync(string volume, MountRequest body, CancellationToken cancel) =>
        _channel.PostAsync<MountRequest, AttachmentInfo>(Routes.Fill(Routes.Attachments, volume), body, cancel);

    /// <summary>Takes a volume from hosts.</summary>
    /// <param name="volume">The volume's name or id.</param>
    /// <param name="id">One attachment; all where null.</param>
    /// <param name="force">True although hosts are connected.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<VolumeInfo> DismountAsync(string volume, string? id, bool force, CancellationToken cancel)
    {
        var path = id is null ? Routes.Fill(Routes.Attachments, volume) : Routes.Fill(Routes.Attachment, volume, id);
        return _channel.DeleteAsync<VolumeInfo>(path + (force ? $"?{Routes.ForceQuery}=true" : ""), cancel);
    }

    /// <summary>Reads bytes; offset and length are multiples of 512, the length at most <see cref="ApiLimits.MaxVolumeDataBytes"/>.</summary>
    /// <param name="volume">The volume's name or id.</param>
    /// <param name="offset">In bytes.</param>
    /// <param name="length">In bytes.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<byte[]> ReadAsync(string volume, long offset, int length, CancellationToken cancel) => _channel.SendForBytesAsync(
        HttpMethod.Get,
        FormattableString.Invariant($"{Routes.Fill(Routes.VolumeData, volume)}?{Routes.OffsetQuery}={offset}&{Routes.LengthQuery}={length}"),
        null,
        cancel);

    /// <summary>Writes bytes; offset and length are multiples of 512. Durable after <see cref="FlushAsync"/>.</summary>
    /// <param name="volume">The volume's name or id.</param>
    /// <param name="offset">In bytes.</param>
    /// <param name="data">The bytes, at most <see cref="ApiLimits.MaxVolumeDataBytes"/>.</param>
    /// <param name="start">Where they begin in the array.</param>
    /// <param name="length">How many.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task WriteAsync(string volume, long offset, byte[] data, int start, int length, CancellationToken cancel) => _channel.SendAsync(
        HttpMethod.Put,
        FormattableString.Invariant($"{Routes.Fill(Routes.VolumeData, volume)}?{Routes.OffsetQuery}={offset}"),
        new ByteArrayContent(data, start, length),
        cancel);

    /// <summary>Makes everything written durable.</summary>
    /// <param name="volume">The volume's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task FlushAsync(string volume, CancellationToken cancel) =>
        _channel.SendAsync(HttpMethod.Post, Routes.Fill(Routes.VolumeFlush, volume), null, cancel);
}

using System.Net;
using System.Net.Sockets;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.State;
using MirrorTools.Agent.Volumes;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Agent.Exports;

/// <summary>The attachments of volumes: kept in the state directory, and brought back when their volume is.</summary>
internal sealed class AttachmentService(AgentRuntime runtime, EventLog events, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly JsonTable<AttachmentRecord> _table = new(runtime.Paths.Attachments);
    private readonly SemaphoreSlim _changes = new(1);
    private readonly Dictionary<Guid, Attachment> _open = [];
    private List<AttachmentRecord>? _records;

    private List<AttachmentRecord> Records => _records ??= _table.Load();

    /// <summary>How hosts reach a volume now.</summary>
    public IReadOnlyList<AttachmentInfo> Of(Guid volumeId)
    {
        lock (_open)
        {
            return [.. _open.Values.Where(attachment => attachment.Record.VolumeId == volumeId).Select(attachment => attachment.ToInfo())];
        }
    }

    /// <summary>Gives a volume to hosts, now and after every restart.</summary>
    public async Task<AttachmentInfo> MountAsync(Volume volume, MountRequest request, string actor, CancellationToken cancel)
    {
        if (request.Protocol.Length > 0 && !request.Protocol.Equals("Nbd", StringComparison.OrdinalIgnoreCase))
        {
            throw new ControlException(ErrorIds.ProtocolNotSupported, $"'{request.Protocol}' is no protocol of this agent.", request.Protocol);
        }

        await _changes.WaitAsync(cancel);
        try
        {
            var (socket, address) = AttachmentAddress.Choose(request, volume.Name, runtime.RuntimeDirectory);
            if (Records.Any(record => record.VolumeId == volume.Id && record.SocketPath == socket && record.Address == address?.ToString()))
            {
                throw new ControlException(ErrorIds.VolumeAlreadyMounted, $"'{volume.Name}' is attached at '{socket ?? address!.ToString()}' already.", volume.Name);
            }

            var asked = new AttachmentRecord(
                Guid.NewGuid(), volume.Id, request.ExportName ?? volume.Name, socket, address?.ToString(), request.ReadOnly, request.AllowLocalUsers,
                request.TlsCertificates is { } certificates ? Path.GetFullPath(certificates) : null);
            var attachment = await OpenAsync(volume, asked, cancel);
            _table.Save([.. Records, attachment.Record]);
            Records.Add(attachment.Record);
            events.Write(EventKinds.VolumeMounted, new(volume.PairId, volume.PairName), actor, ("volume", volume.Name), ("uri", attachment.Uri));
            return attachment.ToInfo();
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Takes a volume from hosts for good: one attachment, or all of them.</summary>
    public async Task DismountAsync(Volume volume, Guid? id, bool force, string actor, CancellationToken cancel)
    {
        await _changes.WaitAsync(cancel);
        try
        {
            var leaving = Records.Where(record => record.VolumeId == volume.Id && (id is null || record.Id == id)).ToList();
            if (leaving.Count == 0)
            {
                throw new ControlException(ErrorIds.VolumeNotMounted, $"'{volume.Name}' has no {(id is null ? "attachment" : $"attachment {id}")}.", volume.Name);
            }

            var hosts = Of(volume.Id).Where(info => leaving.Any(record => record.Id.ToString() == info.Id)).Sum(info => info.Connections);
            if (hosts > 0 && !force)
            {
                throw new ControlException(ErrorIds.VolumeInUse, $"{hosts} {(hosts == 1 ? "host is" : "hosts are")} connected to '{volume.Name}'.", volume.Name);
            }

            _table.Save([.. Records.Except(leaving)]);
            Records.RemoveAll(leaving.Contains);
            foreach (var record in leaving)
            {
                var uri = await CloseAsync(record.Id);
                events.Write(EventKinds.VolumeDismounted, new(volume.PairId, volume.PairName), actor, ("volume", volume.Name), ("uri", uri ?? record.ExportName));
            }
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Brings the attachments of a volume back that just became available. One that can't be is told in an event; the agent goes on.</summary>
    public async Task RestoreAsync(Volume volume, CancellationToken cancel)
    {
        await _changes.WaitAsync(cancel);
        try
        {
            // A copy that hosts may not have now keeps its attachments for the time when they may.
            foreach (var record in Records.Where(record => record.VolumeId == volume.Id && volume.MountRefusal() is null).ToList())
            {
                try
                {
                    await CloseAsync(record.Id);
                    await OpenAsync(volume, record, cancel);
                }
                catch (ControlException error)
                {
                    events.Write(
                        EventKinds.AttachmentNotRestored, new(volume.PairId, volume.PairName), null,
                        ("volume", volume.Name), ("uri", record.SocketPath ?? record.Address ?? ""), ("cause", error.Message));
                }
            }
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Closes the attachments of volumes that are going away; they come back with <see cref="RestoreAsync"/>.</summary>
    public async Task CloseAllAsync(IEnumerable<Guid> volumeIds)
    {
        await _changes.WaitAsync();
        try
        {
            foreach (var record in Records.Where(record => volumeIds.Contains(record.VolumeId)).ToList())
            {
                await CloseAsync(record.Id);
            }
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Forgets the attachments of volumes that are gone for good.</summary>
    public async Task ForgetAsync(IReadOnlyCollection<Guid> volumeIds)
    {
        await CloseAllAsync(volumeIds);
        await _changes.WaitAsync();
        try
        {
            if (Records.RemoveAll(record => volumeIds.Contains(record.VolumeId)) > 0)
            {
                _table.Save(Records);
            }
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Guid> open;
        lock (_open)
        {
            open = [.. _open.Keys];
        }

        await Task.WhenAll(open.Select(CloseAsync));
    }

    private async Task<Attachment> OpenAsync(Volume volume, AttachmentRecord record, CancellationToken cancel)
    {
        if (volume.Device is not { } device || (volume.RefusalReason() ?? volume.MountRefusal()) is { })
        {
            throw new ControlException(
                ErrorIds.VolumeNotMountable,
                $"'{volume.Name}' can't be given to hosts: {volume.RefusalReason() ?? volume.MountRefusal() ?? "it is a storage of its pair."}",
                volume.Name);
        }

        var exports = new NbdExportTable();
        exports.Add(new VolumeExport(record.ExportName, volume, device, record.ReadOnly));
        var options = new NbdServerOptions
        {
            UnixSocketPath = record.SocketPath,
            TcpEndPoint = record.Address is null ? null : IPEndPoint.Parse(record.Address),
            AllowLocalUsers = record.AllowLocalUsers,
            Tls = record.TlsCertificates is { } directory ? HostCertificates.Read(directory) : null,
        };
        var server = new NbdServer(options, exports, loggers.CreateLogger<NbdServer>());
        try
        {
            await server.StartAsync(cancel);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await server.DisposeAsync();
            var place = record.SocketPath ?? record.Address;
            throw new ControlException(ErrorIds.AddressInUse, $"'{place}' can't be listened on: {error.Message}", place, error);
        }

        // With port 0 the real one is kept, so that hosts find it again after a restart.
        var attachment = new Attachment(record with { Address = server.TcpEndPoint?.ToString() }, server, exports);
        lock (_open)
        {
            _open.Add(record.Id, attachment);
        }

        return attachment;
    }

    private async Task<string?> CloseAsync(Guid id)
    {
        Attachment? attachment;
        lock (_open)
        {
            _open.Remove(id, out attachment);
        }

        if (attachment is null)
        {
            return null;
        }

        var uri = attachment.Uri;
        await attachment.DisposeAsync();
        return uri;
    }
}

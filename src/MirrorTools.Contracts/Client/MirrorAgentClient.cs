using System.Runtime.Serialization;
using MirrorTools.Contracts.Agents;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.State;

namespace MirrorTools.Contracts.Client;

/// <summary>A typed client of one agent's control API. All methods throw <see cref="MirrorApiException"/>; it is safe for concurrent use.</summary>
public sealed class MirrorAgentClient : IDisposable
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(100);
    private readonly ApiChannel _channel;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="apiAddress">The base address of the control API.</param>
    /// <param name="token">The bearer token.</param>
    /// <param name="stateDirectory">The state directory, for messages.</param>
    /// <param name="deadline">How long one request may take; 100 s where absent.</param>
    public MirrorAgentClient(Uri apiAddress, string token, string stateDirectory, TimeSpan? deadline = null)
    {
        StateDirectory = stateDirectory;
        _channel = new ApiChannel(apiAddress, token, stateDirectory, deadline ?? DefaultDeadline);
        Agent = new AgentApi(_channel);
        Trusts = new TrustApi(_channel);
        Pairs = new PairApi(_channel);
        Groups = new GroupApi(_channel);
        Cycles = new CycleApi(_channel);
        Points = new PointApi(_channel);
        Bitmaps = new BitmapApi(_channel);
        Volumes = new VolumeApi(_channel);
        Recovery = new RecoveryApi(_channel);
        Events = new EventApi(_channel);
        Operations = new OperationApi(_channel);
    }

    /// <summary>The state directory of the agent.</summary>
    public string StateDirectory { get; }

    /// <summary>The agent itself.</summary>
    public AgentApi Agent { get; }

    /// <summary>Trust between agents.</summary>
    public TrustApi Trusts { get; }

    /// <summary>Pairs, their schedules and plans.</summary>
    public PairApi Pairs { get; }

    /// <summary>Consistency groups of pairs.</summary>
    public GroupApi Groups { get; }

    /// <summary>Cycles.</summary>
    public CycleApi Cycles { get; }

    /// <summary>Consistency points.</summary>
    public PointApi Points { get; }

    /// <summary>Grain bitmaps.</summary>
    public BitmapApi Bitmaps { get; }

    /// <summary>Volumes.</summary>
    public VolumeApi Volumes { get; }

    /// <summary>Recovery.</summary>
    public RecoveryApi Recovery { get; }

    /// <summary>Events.</summary>
    public EventApi Events { get; }

    /// <summary>Long operations.</summary>
    public OperationApi Operations { get; }

    /// <summary>Makes a client for the agent of a state directory from the files it left there; nothing is sent yet.</summary>
    /// <param name="stateDirectory">The state directory.</param>
    /// <param name="deadline">How long one request may take; 100 s where absent.</param>
    /// <exception cref="MirrorApiException">
    /// <see cref="ErrorIds.MirrorAgentNotRunning"/>: there is no record; <see cref="ErrorIds.MirrorAgentTokenUnreadable"/>.
    /// </exception>
    public static MirrorAgentClient Open(string stateDirectory, TimeSpan? deadline = null)
    {
        var record = ReadRecord(stateDirectory) ?? throw ClientErrors.NotRunning(stateDirectory, null);
        var recordPath = Path.Combine(stateDirectory, StateFiles.Record);
        if (!Uri.TryCreate(record.ApiAddress, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw ClientErrors.RecordUnreadable(recordPath, new FormatException($"'{record.ApiAddress}' is not an address."));
        }

        var tokenPath = Path.Combine(stateDirectory, StateFiles.Token);
        try
        {
            return new MirrorAgentClient(address, File.ReadAllText(tokenPath).Trim(), stateDirectory, deadline);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ClientErrors.TokenUnreadable(tokenPath, error);
        }
    }

    /// <summary>Reads the record a running agent left in its state directory; null where there is none.</summary>
    /// <param name="stateDirectory">The state directory.</param>
    /// <exception cref="MirrorApiException"><see cref="ErrorIds.MirrorAgentNotRunning"/>: the record cannot be read.</exception>
    public static AgentRecord? ReadRecord(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, StateFiles.Record);
        try
        {
            return MirrorJson.Read<AgentRecord>(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SerializationException)
        {
            throw ClientErrors.RecordUnreadable(path, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();
}

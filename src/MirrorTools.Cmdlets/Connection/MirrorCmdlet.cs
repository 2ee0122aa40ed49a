using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>What all cmdlets share: the agent they ask, Ctrl+C, and how errors are told.</summary>
public abstract class MirrorCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopped = new();
    private readonly Dictionary<string, MirrorAgentClient> _clients = new(StringComparer.Ordinal);
    private MirrorAgentReference? _asked;

    /// <summary>The agent to ask: a state directory, an agent's name, or an object of Get-MirrorAgent. Found by discovery where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AgentReference]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public MirrorAgentReference? Agent { get; set; }

    /// <summary>The agent that is asked, with its name; what results say of where they came from.</summary>
    protected MirrorAgentReference Asked
    {
        get
        {
            var wanted = Agent ?? MirrorAgentReference.Default;
            if (_asked?.StateDirectory != wanted.StateDirectory)
            {
                _asked = wanted.WithName();
            }

            return _asked!;
        }
    }

    /// <summary>Set when the user presses Ctrl+C.</summary>
    protected CancellationToken Stopped => _stopped.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }

        _stopped.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what the cmdlet waits for; what the agent does goes on.</summary>
    protected override void StopProcessing() => _stopped.Cancel();

    /// <summary>Asks the agent and waits for the answer, until Ctrl+C.</summary>
    /// <typeparam name="T">What it answers.</typeparam>
    /// <param name="call">The request.</param>
    protected T Ask<T>(Func<MirrorAgentClient, CancellationToken, Task<T>> call)
    {
        var client = Open();
        return Await(cancel => call(client, cancel));
    }

    /// <summary>Asks the agent for something that has no answer.</summary>
    /// <param name="call">The request.</param>
    protected void Tell(Func<MirrorAgentClient, CancellationToken, Task> call) => Ask(async (client, cancel) =>
    {
        await call(client, cancel).ConfigureAwait(false);
        return true;
    });

    /// <summary>Waits for a task, until Ctrl+C.</summary>
    /// <typeparam name="T">Its result.</typeparam>
    /// <param name="start">Starts it.</param>
    protected T Await<T>(Func<CancellationToken, Task<T>> start)
    {
        try
        {
            // A host may have a synchronization context that this thread serves; nothing may be posted to it while it waits here.
            return Task.Run(() => start(_stopped.Token)).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Waits a while, until Ctrl+C.</summary>
    /// <param name="pause">How long.</param>
    protected void Pause(TimeSpan pause)
    {
        if (_stopped.Token.WaitHandle.WaitOne(pause))
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Does something for one target and tells its error; the next target goes on unless nothing can.</summary>
    /// <param name="target">What it is about.</param>
    /// <param name="action">What to do.</param>
    protected void Attempt(object? target, Action action)
    {
        try
        {
            action();
        }
        catch (MirrorApiException error)
        {
            Report(error, target);
        }
    }

    /// <summary>Tells an error: terminating where nothing can go on, else not.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="target">What it is about.</param>
    protected void Report(MirrorApiException error, object? target)
    {
        var record = MirrorErrors.ToRecord(error, target);
        if (MirrorErrors.EndsEverything(error) && !MyInvocation.ExpectingInput)
        {
            ThrowTerminatingError(record);
        }

        WriteError(record);
    }

    /// <summary>Forgets the connection, so that the next request reads the agent's record anew.</summary>
    protected void Reopen()
    {
        if (_clients.TryGetValue(Asked.StateDirectory, out var client))
        {
            _clients.Remove(Asked.StateDirectory);
            client.Dispose();
        }
    }

    /// <summary>Makes a path of the session absolute on this machine.</summary>
    /// <param name="path">As it was given.</param>
    protected string ToAbsolute(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

    private MirrorAgentClient Open()
    {
        var directory = Asked.StateDirectory;
        if (!_clients.TryGetValue(directory, out var client))
        {
            client = MirrorAgentClient.Open(directory);
            _clients.Add(directory, client);
        }

        return client;
    }
}

// Ranks the texts of a set with Lucene as it comes: its own analyzer for the
// language, its standard query parser over title and text, BM25.
// Arguments: language, file of texts, file of queries, file of answers; each
// file has one record a line, its columns parted by tabs.

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.ar.ArabicAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.fr.FrenchAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.queryparser.classic.MultiFieldQueryParser;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.ByteBuffersDirectory;

class Ranker {
    public static void main(String[] args) throws Exception {
        Analyzer analyzer = switch (args[0]) {
            case "fr" -> new FrenchAnalyzer();
            case "ar" -> new ArabicAnalyzer();
            default -> new EnglishAnalyzer();
        };
        var directory = new ByteBuffersDirectory();
        try (var writer = new IndexWriter(directory, new IndexWriterConfig(analyzer))) {
            for (String line : Files.readAllLines(Path.of(args[1]))) {
                String[] columns = line.split("\t", -1);
                var document = new Document();
                document.add(new StringField("id", columns[0], Field.Store.YES));
                document.add(new TextField("title", columns[1], Field.Store.NO));
                document.add(new TextField("body", columns[2], Field.Store.NO));
                writer.addDocument(document);
            }
        }
        var searcher = new IndexSearcher(DirectoryReader.open(directory));
        try (var out = new PrintWriter(args[3], "UTF-8")) {
            for (String line : Files.readAllLines(Path.of(args[2]))) {
                String[] columns = line.split("\t", -1);
                var answers = new StringBuilder(columns[0]);
                // The parser refuses more than a thousand questions without the escape.
                var query = new MultiFieldQueryParser(new String[] {"title", "body"}, analyzer).parse(QueryParser.escape(columns[1]));
                for (ScoreDoc hit : searcher.search(query, 100).scoreDocs) {
                    answers.append('\t').append(searcher.doc(hit.doc).get("id"));
                }
                out.println(answers);
            }
        }
    }
}
